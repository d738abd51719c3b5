"""What Streamlit runs for every page, each time something on it changes."""

if __name__ == "__main__":  # not in worker processes, which import the main module under another name
    import streamlit as st

    st.set_page_config("coalsim", layout="wide", menu_items={"About": "coalsim simulates local growth coalitions."})
    st.html(
        "<style>[data-testid=stCaptionContainer], [data-testid=stCaptionContainer] * { color: #505a5f; opacity: 1 }</style>"
    )
    st.title("coalsim")
    st.caption(
        "When do local growth coalitions tip a place into a mixed economy that stands on its own feet, and is it worth it?"
    )
    from coalsim.dashboard import page  # takes a moment the first time, when the heading is there already

    page.show()
