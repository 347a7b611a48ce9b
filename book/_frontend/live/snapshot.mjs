// Starts Python once, imports all that cells need, and keeps its memory: a browser then starts in a second.
//
// usage: node snapshot.mjs PYODIDE ARCHIVE OUT
//   PYODIDE  the folder of Pyodide
//   ARCHIVE  the zip with runner.py and distsys
//   OUT      gets the memory, compressed with gzip
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

const IMPORT = `
import sys
sys.path[:0] = ["/course", "."]
sys.dont_write_bytecode = True

import importlib, pkgutil, random, runner, shutil, statistics, zipfile
import distsys

for module in pkgutil.walk_packages(distsys.__path__, "distsys."):
    if not module.name.endswith("__main__"):
        try:
            importlib.import_module(module.name)
        except ImportError:
            pass  # what needs more than a browser has
`;

const [pyodide, archive, out] = process.argv.slice(2);
const { loadPyodide } = await import(`${pathToFileURL(pyodide)}/pyodide.mjs`);
const { LOCK } = await import(`${pathToFileURL(pyodide)}/lock.mjs`);
const python = await loadPyodide({ lockFileContents: LOCK, _makeSnapshot: true });
python.unpackArchive(new Uint8Array(readFileSync(archive)), 'zip', { extractDir: '/course' });
python.runPython(IMPORT);
writeFileSync(out, gzipSync(python.makeMemorySnapshot(), { level: 9 }));
