"""A figure carries its words and its source: in Jupyter, in PNG and in SVG files, always the same bytes."""

import base64
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from io import BytesIO, StringIO
from xml.etree import ElementTree

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from PIL import Image

from coalsim.figures import Picture, courses

SVG, DC = "{http://www.w3.org/2000/svg}", "{http://purl.org/dc/elements/1.1/}"
TITLE = 'Jobs & "work" <script>, £'
NOTE = "coalsim 0.1.0, run 3fa94c1b22"
ALT = f"{TITLE}. Lines over time. Panels: Jobs (upwards: jobs)."


def picture(title=TITLE, note=NOTE):
    return courses({"jobs": {"Walsall": np.arange(25.0)}}, start="2006-04", title=title, note=note)


class Images(HTMLParser):
    """The images of a piece of HTML."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        assert tag == "img"
        self.found.append(dict(attributes))


def test_the_words_are_the_title_what_is_drawn_and_the_panels():
    assert picture().alt == ALT


def test_a_title_of_several_lines_is_read_as_sentences():
    assert picture("First\nsecond").alt.startswith("First. second. Lines over time.")


def test_a_figure_without_words_has_none():
    assert Picture().alt == ""


# In Jupyter


@pytest.mark.parametrize(("kind", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_jupyter_shows_an_image_with_its_description(kind, begins, monkeypatch):
    monkeypatch.setattr(Picture, "in_jupyter", kind)
    data, metadata = DisplayFormatter().format(picture())
    (image,) = Images(data["text/html"]).found
    assert image["alt"] == ALT == data["text/plain"]
    mime = {"png": "image/png", "svg": "image/svg+xml"}[kind]
    head, _, body = image["src"].partition(",")
    assert head == f"data:{mime};base64"
    assert base64.b64decode(body).startswith(begins)
    assert metadata[mime] == {"alt": ALT}
    assert set(data) == {"text/html", "text/plain", mime}


# In files


def test_a_png_file_holds_title_description_and_source(tmp_path):
    picture().savefig(tmp_path / "a.png", dpi=50)
    with Image.open(tmp_path / "a.png") as image:
        held = image.text
    assert (held["Title"], held["Description"], held["Source"]) == (TITLE, ALT, NOTE)


def test_a_png_file_without_a_source_names_none(tmp_path):
    picture(note="").savefig(tmp_path / "a.png", metadata={"Author": "A"})
    with Image.open(tmp_path / "a.png") as image:
        assert "Source" not in image.text
        assert image.text["Author"] == "A"


def test_an_svg_file_can_be_read_out(tmp_path):
    picture().savefig(tmp_path / "a.svg")
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    assert root.get("role") == "img"
    title, described = root[0], root[1]
    assert (title.tag, title.text) == (f"{SVG}title", TITLE)
    assert (described.tag, described.text) == (f"{SVG}desc", ALT)
    assert root.get("aria-labelledby").split() == [title.get("id"), described.get("id")]
    assert root.find(f".//{DC}source").text == NOTE
    assert root.find(f".//{DC}creator").find(f".//{DC}title").text.startswith("coalsim ")
    assert root.find(f".//{DC}date") is None
    assert "Jobs" in [text.text for text in root.iter(f"{SVG}text")]  # text, not outlines of letters


def test_every_name_that_an_svg_file_uses_is_in_it_once():
    text = picture().svg()
    names = re.findall(r'\bid="([^"]+)"', text)
    assert len(set(names)) == len(names)
    used = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text)
    assert used
    assert {one or other for one, other in used} <= set(names)


def test_words_that_look_like_names_in_an_svg_stay_as_they_are():
    assert 'see url(#a) and href="#b"' in "".join(
        ElementTree.fromstring(picture('see url(#a) and href="#b"').svg().encode()).itertext()
    )


def test_streams_are_written_as_files_are(tmp_path):
    text, data = StringIO(), BytesIO()
    picture().savefig(text, format="svg")
    picture().savefig(data, format="svg")
    assert text.getvalue().encode() == data.getvalue() == picture().svg().encode()


def test_other_kinds_of_file_and_names_without_an_ending_are_as_in_matplotlib(tmp_path):
    picture().savefig(tmp_path / "a.pdf")
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    picture().savefig(tmp_path / "b", dpi=50)
    with Image.open(tmp_path / "b.png") as image:
        assert image.text["Title"] == TITLE


def test_other_processes_make_the_same_bytes(tmp_path):
    code = "import sys; sys.path.insert(0, 'tests'); from test_picture import picture; import hashlib; p = picture(); "
    code += "print(hashlib.sha256(p.svg().encode() + p.png()).hexdigest())"
    made = {
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(made) == 1


@pytest.mark.parametrize("name", ["a share of $x_{$ or so", "Costs $5m and $6m", "$\\frac{1}$"])
def test_a_dollar_in_a_name_is_no_formula(name):
    figure = courses({"jobs": {name: np.arange(25.0), "other": np.ones(25)}}, start="2006-04", title=name, note=name)
    figure.png()
    written = "".join(ElementTree.fromstring(figure.svg()).itertext())
    assert written.count(name) >= 3
