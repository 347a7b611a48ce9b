// Prints a page to a PDF, and fails if something on it does not fit on the paper or a link leads nowhere.
//
// usage: node print.mjs PACKAGE_JSON CHROMIUM PAGE PDF
//   PACKAGE_JSON  whose node_modules hold playwright-core
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [packages, executablePath, source, pdf] = process.argv.slice(2);
const { chromium } = createRequire(packages)('playwright-core');

const MM = 96 / 25.4;
const PAPER = { width: Math.floor(166 * MM), height: Math.floor(252 * MM) };  // what print.css leaves of A4

const browser = await chromium.launch({
  executablePath,
  // The page is our own, and in a container Chromium has no sandbox.
  args: ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP * ~NOTFOUND', '--allow-file-access-from-files'],
});
try {
  const page = await browser.newPage({ viewport: PAPER, colorScheme: 'light' });
  const wrong = [];
  page.on('requestfailed', request => wrong.push(`${request.url()} is not there`));
  page.on('pageerror', error => wrong.push(String(error)));
  await page.emulateMedia({ media: 'print' });
  await page.goto(pathToFileURL(source).href, { waitUntil: 'load' });
  await page.evaluate(async () => {
    await globalThis.MathJax?.startup?.promise;
    // Code and hints are opened; what a picture says in words is left to the site, or it would fill the book.
    for (const each of document.querySelectorAll('details')) each.open = !each.closest('figure, .ds-figure');
    await document.fonts.ready;
    // A long piece of code may go over two pages; a short one may not.
    for (const each of document.querySelectorAll('.cell_input, div.highlight, div.cell details'))
      each.classList.toggle('printed-long', each.getBoundingClientRect().height > 300);
  });
  wrong.push(...await page.evaluate(({ width, height }) => {
    const name = each => each.outerHTML.slice(0, 160).replace(/\s+/g, ' ');
    const found = [];
    const all = [...document.querySelectorAll('article *')];
    // A space at the end of a line of code hangs out of it, and harms nobody.
    const wide = all.filter(each => each.matches('pre')
      ? each.scrollWidth > each.clientWidth + 1
      : each.getBoundingClientRect().right > width + 1 && !each.closest('pre *, svg *'));
    // The innermost says best what is wrong.
    for (const each of wide.filter(one => !wide.some(other => one !== other && one.contains(other))).slice(0, 5))
      found.push(`wider than the paper: ${name(each)}`);
    for (const each of document.querySelectorAll('figure, svg, img'))
      if (each.getBoundingClientRect().height > height) found.push(`higher than the paper: ${name(each)}`);
    for (const link of document.querySelectorAll('a[href]')) {
      const address = link.getAttribute('href');
      if (address.startsWith('#') ? !document.getElementById(address.slice(1)) : !/^(https?|mailto):/.test(address))
        found.push(`a link that leads nowhere on paper: ${name(link)}`);
    }
    return found;
  }, PAPER));
  if (wrong.length) throw new Error(wrong.slice(0, 10).join('\n'));
  await page.pdf({ path: pdf, preferCSSPageSize: true, printBackground: true, tagged: true });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await browser.close();
}
