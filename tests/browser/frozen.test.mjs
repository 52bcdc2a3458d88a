// The service freezes: the connection stays, and nothing comes. The page greys by its style sheet alone.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { inside, launch } from './browser.mjs';
import { becomesNew, becomesOld, isLive, isOld, shows } from './live.mjs';
import { until, World } from './world.mjs';

let world, browser;
before(async () => {
  world = await World.open();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await world?.close();
});

test('a service that is frozen is not shown as well', async () => {
  const page = await inside(browser, world, { reducedMotion: 'reduce' });
  await isLive(page);
  await shows(page, 'well');
  world.signal('SIGSTOP');
  await becomesOld(page);
  world.signal('SIGCONT');
  await becomesNew(page);
  await shows(page, 'well');
  page.context().complaints.none();
  await page.context().close();
});

test('a page whose script has died is not shown as well', async () => {
  const page = await inside(browser, world);
  await isLive(page);
  const session = await page.context().newCDPSession(page);
  // The page's clock of animations, fifty times as fast; its script gets no news.
  await page.getByRole('button', { name: 'Pause updates' }).click();
  await session.send('Animation.enable');
  await session.send('Animation.setPlaybackRate', { playbackRate: 50 });
  await becomesOld(page);
  await page.getByRole('button', { name: 'Pause updates' }).click();
  await becomesNew(page);
  await page.context().close();
});

test('without a script a page grows old as well', async () => {
  const page = await inside(browser, world, { javaScriptEnabled: false });
  assert.equal(await isOld(page), false);
  const session = await page.context().newCDPSession(page);
  await session.send('Animation.enable');
  await session.send('Animation.setPlaybackRate', { playbackRate: 50 });
  await until('it says so', async () => (await isOld(page)) === true);
  await page.getByRole('link', { name: 'Reload' }).click();
  await until('it is new again', async () => (await isOld(page)) === false);
  await page.context().close();
});
