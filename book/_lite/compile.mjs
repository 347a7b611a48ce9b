// Adds to packages what their modules compile to, for those that a kernel imports: it then starts in half the time.
//
// usage: node compile.mjs PYODIDE PACKAGES
//   PYODIDE   the folder of Pyodide, whose Python compiles
//   PACKAGES  a folder of wheels, rewritten in place
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const COMPILE = `
import sys
sys.path.insert(0, "/site")
import micropip, piplite.piplite, pyodide_kernel

import pathlib, py_compile, zipfile
used = {pathlib.Path(module.__file__) for module in list(sys.modules.values()) if getattr(module, "__file__", None)}
for path in pathlib.Path("/packages").iterdir():
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as wheel:
        for name in wheel.namelist():
            source = pathlib.Path("/site", name)
            if source in used:
                # unchecked, since whoever unpacks a wheel gives its files another time
                made = py_compile.compile(source, None, name, True,
                                          invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
                entry = zipfile.ZipInfo(str(pathlib.Path(made).relative_to("/site")), (1980, 1, 1, 0, 0, 0))
                wheel.writestr(entry, pathlib.Path(made).read_bytes(), zipfile.ZIP_DEFLATED)
`;

const [pyodide, packages] = process.argv.slice(2);
const { loadPyodide } = await import(`${pathToFileURL(pyodide)}/pyodide.mjs`);
const { LOCK } = await import(`${pathToFileURL(pyodide)}/lock.mjs`);
const python = await loadPyodide({ lockFileContents: LOCK });
python.FS.mkdir('/packages');
for (const name of readdirSync(packages)) {
  const wheel = new Uint8Array(readFileSync(join(packages, name)));
  python.FS.writeFile(`/packages/${name}`, wheel);
  python.unpackArchive(wheel, 'zip', { extractDir: '/site' });
}
python.runPython(COMPILE);
for (const name of readdirSync(packages)) writeFileSync(join(packages, name), python.FS.readFile(`/packages/${name}`));
