// Makes the picture that chats show of the course: book/images/social.png from social.svg, in the course's letters.
//
// usage: node social.mjs CHROMIUM OUT
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const [executablePath, out] = process.argv.slice(2);
const read = name => readFileSync(new URL(name, import.meta.url));
const face = (family, name) => `@font-face { font-family: "${family}"; font-weight: 100 700;
  src: url(data:font/woff2;base64,${read(`vendor/fonts/${name}`).toString('base64')}); }`;

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const page = await browser.newPage({ viewport: { width: 1200, height: 630 } });
  await page.setContent(`<style>body { margin: 0 } svg { display: block }
    ${face('Course Text', 'text.woff2')} ${face('Course Code', 'code-bold.woff2')}</style>${read('../images/social.svg')}`);
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: out });
} finally {
  await browser.close();
}
