// Starts Firefox so that nothing leaves the machine. The steps of a reader are those that Chromium takes.
//
// Playwright knows the Firefox of a distribution as an experiment: by its channel, over WebDriver BiDi.
import { createRequire } from 'node:module';

// Asks for a mode that Firefox does not know how to fake, and whoever runs a cell does not need.
const UNKNOWN = 'emulation.setMediaFeaturesOverride';

/** A browser in which every host but the local ones fails at once; `mapped` is one more that means 127.0.0.1. */
export async function launch(packages, executablePath, mapped = '') {
  const { firefox } = createRequire(packages)('playwright-core');
  const browser = await firefox.launch({
    executablePath,
    channel: 'moz-firefox',
    firefoxUserPrefs: {
      'network.dns.localDomains': mapped,
      // Whatever is not on this machine is asked of a proxy that is not there.
      'network.proxy.type': 1,
      'network.proxy.http': '127.0.0.1', 'network.proxy.http_port': 9,
      'network.proxy.ssl': '127.0.0.1', 'network.proxy.ssl_port': 9,
      'network.proxy.no_proxies_on': mapped,
    },
  });
  const session = Object.getPrototypeOf(browser._connection.toImpl(browser)._browserSession);
  const { send } = session;
  session.send = function (method, parameters) {
    return method === UNKNOWN ? Promise.resolve({}) : send.call(this, method, parameters);
  };
  return browser;
}
