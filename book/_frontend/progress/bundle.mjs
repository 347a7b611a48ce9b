// Packs the scripts of progress: one for every page, one that holds this and the page of progress.
//
// usage: node bundle.mjs OUT COURSE <CHAPTERS
//   OUT       the folder that gets progress.js and page.js
//   COURSE    the title of the course
//   CHAPTERS  JSON: for each page { quizzes: [label], points, rules: { test cell: points } }
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const [outdir, course] = process.argv.slice(2);
const chapters = JSON.parse(readFileSync(0, 'utf8'));
const short = Object.fromEntries(
  Object.entries(chapters).map(([page, { quizzes, points }]) => [page, { quizzes, points }]));

for (const [name, data] of [['progress', short], ['page', chapters]])
  await build({
    entryPoints: [join(import.meta.dirname, name === 'page' ? 'page.mjs' : 'marks.mjs')],
    outfile: join(outdir, `${name}.js`),
    bundle: true, format: 'iife', minify: true, target: 'es2022', charset: 'utf8', logLevel: 'warning',
    define: { CHAPTERS: JSON.stringify(data), COURSE: JSON.stringify(course) },
  });
