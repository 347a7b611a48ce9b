// Copies from node_modules into vendor/ only what the book serves; `npm ci` runs it when it is done.
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const vendor = join(here, 'vendor');

// MathJax fetches the rest of itself on demand: fonts, TeX extensions, its menu, speech.
const MATHJAX = ['tex-chtml.js', 'output/chtml/fonts', 'input/tex/extensions', 'a11y', 'ui', 'sre'];

// Python in the browser. Its list of packages is left empty, or it would fetch them from another site.
const PYODIDE = ['pyodide.mjs', 'pyodide.asm.mjs', 'pyodide.asm.wasm', 'python_stdlib.zip'];

// The editor, as one module: what live/editor.mjs imports, from the packages of CodeMirror.
const CODEMIRROR = `
  export { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
  export { python } from '@codemirror/lang-python';
  export { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from '@codemirror/language';
  export { EditorState, Prec } from '@codemirror/state';
  export { drawSelection, EditorView, keymap, lineNumbers } from '@codemirror/view';
  export { tags } from '@lezer/highlight';
`;

// The letters of the pages: one file for all weights of the text, one for each weight of the code.
const FONTS = {
  'text.woff2': '@fontsource-variable/ibm-plex-sans/files/ibm-plex-sans-latin-wght-normal.woff2',
  'text-italic.woff2': '@fontsource-variable/ibm-plex-sans/files/ibm-plex-sans-latin-wght-italic.woff2',
  'code.woff2': '@fontsource/ibm-plex-mono/files/ibm-plex-mono-latin-400-normal.woff2',
  'code-bold.woff2': '@fontsource/ibm-plex-mono/files/ibm-plex-mono-latin-600-normal.woff2',
  'LICENSE': '@fontsource/ibm-plex-mono/LICENSE',
};

const bytes = path => statSync(path).isDirectory()
  ? readdirSync(path).reduce((sum, name) => sum + bytes(join(path, name)), 0)
  : statSync(path).size;

rmSync(vendor, { recursive: true, force: true });
for (const part of MATHJAX)
  cpSync(join(here, 'node_modules/mathjax/es5', part), join(vendor, 'mathjax', part), { recursive: true });
cpSync(join(here, 'node_modules/mathjax/LICENSE'), join(vendor, 'mathjax/LICENSE'));
for (const part of PYODIDE) cpSync(join(here, 'node_modules/pyodide', part), join(vendor, 'pyodide', part));
const lock = JSON.parse(readFileSync(join(here, 'node_modules/pyodide/pyodide-lock.json'), 'utf8'));
for (const [name, file] of Object.entries(FONTS)) cpSync(join(here, 'node_modules', file), join(vendor, 'fonts', name));
writeFileSync(join(vendor, 'pyodide/lock.mjs'), `export const LOCK = '${JSON.stringify({ ...lock, packages: {} })}';\n`);
await build({
  stdin: { contents: CODEMIRROR, resolveDir: here },
  outfile: join(vendor, 'codemirror/codemirror.js'),
  bundle: true, format: 'esm', minify: true, target: 'es2022', logLevel: 'warning',
});
cpSync(join(here, 'node_modules/@codemirror/view/LICENSE'), join(vendor, 'codemirror/LICENSE'));

for (const name of readdirSync(vendor))
  console.log(`${name}: ${(bytes(join(vendor, name)) / 1e6).toFixed(1)} MB`);
