// Starts Chromium so that nothing leaves the machine, and knows what every page is looked at for.
import { createRequire } from 'node:module';
import { launch as launchFirefox } from './firefox.mjs';

/** The readers of a page: by day, by night, on a phone. */
export const MODES = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  '390 px': { colorScheme: 'light', viewport: { width: 390, height: 844 } },
};

/** What axe checks: WCAG 2.2, A and AA. */
export const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** The file of axe; `packages` is the package.json whose node_modules hold it. */
export const axeOf = packages => createRequire(packages).resolve('axe-core/axe.min.js');

/** A browser in which every host but `local` ones fails at once; `mapped` is one more that means 127.0.0.1. */
export function launch(packages, executablePath, mapped = '') {
  if (/firefox/i.test(executablePath)) return launchFirefox(packages, executablePath, mapped);
  const { chromium } = createRequire(packages)('playwright-core');
  const map = mapped ? `MAP ${mapped} 127.0.0.1, ` : '';
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
      `--host-resolver-rules=${map}MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1`,
    ],
  });
}
