// The service is killed: an open page says so by itself, and is back by itself.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { inside, launch } from './browser.mjs';
import { becomesNew, becomesOld, isLive, isOld, shows } from './live.mjs';
import { World } from './world.mjs';

let world, browser;
before(async () => {
  world = await World.open();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await world?.close();
});

test('a service that is killed is not shown as well', async () => {
  const page = await inside(browser, world);
  await isLive(page);
  await shows(page, 'well');
  assert.equal(await isOld(page), false);
  // Another tab, which its owner does not look at.
  const hidden = await page.context().newPage();
  await hidden.clock.install();
  await hidden.goto('/dashboard');
  await isLive(hidden);
  await hidden.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });

  await world.end('SIGKILL');
  await hidden.clock.runFor(61_000);
  await hidden.waitForFunction(() => document.title.startsWith('? Not known'));
  await becomesOld(page);
  assert.match(await page.locator('#state .lost').innerText(), /lost the service/);
  for (const [width, colorScheme] of [[360, 'light'], [1440, 'dark']]) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `screenshots/stale-${width}-${colorScheme}.png`, fullPage: true });
  }

  await world.serve();
  await becomesNew(page);
  await shows(page, 'well');
  // The browser itself tells of the connection that broke, and of nginx's 502.
  page.context().complaints.none(/^error: Failed to load resource: .*(ERR_|status of 502)/);
  await page.context().close();
});
