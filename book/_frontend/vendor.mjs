// Copies from node_modules into vendor/ only what the book serves; `npm ci` runs it when it is done.
import { cpSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const vendor = join(here, 'vendor');

// MathJax fetches the rest of itself on demand: fonts, TeX extensions, its menu, speech.
const MATHJAX = ['tex-chtml.js', 'output/chtml/fonts', 'input/tex/extensions', 'a11y', 'ui', 'sre'];

const bytes = path => statSync(path).isDirectory()
  ? readdirSync(path).reduce((sum, name) => sum + bytes(join(path, name)), 0)
  : statSync(path).size;

rmSync(vendor, { recursive: true, force: true });
for (const part of MATHJAX)
  cpSync(join(here, 'node_modules/mathjax/es5', part), join(vendor, 'mathjax', part), { recursive: true });
cpSync(join(here, 'node_modules/mathjax/LICENSE'), join(vendor, 'mathjax/LICENSE'));

for (const name of readdirSync(vendor))
  console.log(`${name}: ${(bytes(join(vendor, name)) / 1e6).toFixed(1)} MB`);
