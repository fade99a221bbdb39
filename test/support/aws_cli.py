"""Runs commands of the AWS CLI, a JSON list of arguments on each line, and answers each with what it said."""

import contextlib
import io
import json
import sys

from awscli.clidriver import create_clidriver

for line in sys.stdin:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = create_clidriver().main(json.loads(line))
        except SystemExit as ended:
            status = ended.code
    print(json.dumps({"status": status or 0, "stdout": out.getvalue(), "stderr": err.getvalue()}), flush=True)
