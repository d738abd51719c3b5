"""Records the fingerprint that `test_reproducibility` holds runs to; takes the reason for the change."""

import json
import sys

import coalsim
from test_reproducibility import GOLDEN, fingerprint

if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].strip():
        sys.exit("give the reason why results changed, in quotes")
    record = {"model_version": coalsim.MODEL_VERSION, "fingerprint": fingerprint({}), "reason": sys.argv[1]}
    GOLDEN.write_text(json.dumps(record, indent=1) + "\n")
    print(record["fingerprint"])
