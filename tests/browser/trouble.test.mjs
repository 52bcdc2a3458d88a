// What the page says when something is wrong, and whether its button mends it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { inside, launch } from './browser.mjs';
import { isLive, shows } from './live.mjs';
import { World } from './world.mjs';

let world, browser, page;
before(async () => {
  world = await World.open({ RETRY_WAIT: '10s' });
  browser = await launch();
  page = await inside(browser, world);
  await isLive(page);
  // What the page says aloud.
  await page.evaluate(() => {
    window.spoken = [];
    const spoken = document.querySelector('[role=status]#spoken');
    new MutationObserver(() => window.spoken.push(spoken.textContent)).observe(spoken, { childList: true, characterData: true, subtree: true });
  });
});
after(async () => {
  await browser?.close();
  await world?.close();
});

test('a recording that needs a person: the words, the button, and it goes on', async () => {
  await shows(page, 'well');
  const message = 'The user does not have sufficient permissions for this file.';
  await world.order({ refuse_uploads: { reason: 'insufficientFilePermissions', message, times: 1000 } });
  await world.recorded({ uuid: 'parked+1/AAAAAAAAA==', topic: 'Dress rehearsal' });
  await world.standing('parked');
  assert.match((await shows(page, 'attention')).sentence, /^1 thing needs you\.$/);
  const todo = page.locator('#todo li').first();
  assert.match(await todo.innerText(), /Content manager/);
  await world.order('clear');
  await todo.getByRole('button', { name: 'Retry' }).click();
  await page.locator('[role=status].note').waitFor();
  await world.standing('finished', 1);
  await page.goto('/dashboard');
  await isLive(page);
  await shows(page, 'well');
});

test('a drive that is full: the words, the button, and it goes on', async () => {
  const message = "The user's Drive storage quota has been exceeded.";
  await world.order({ refuse_uploads: { reason: 'storageQuotaExceeded', message, times: 1000 } });
  await world.recorded({ uuid: 'paused+1/AAAAAAAAA==', topic: 'Opening night' });
  await shows(page, 'attention');
  const todo = page.locator('#todo li').first();
  assert.match(await todo.innerText(), /Drive/);
  assert.match(await todo.innerText(), /[Mm]ake room/);
  await page.screenshot({ path: 'screenshots/overview-paused.png', fullPage: true });
  await world.order('clear');
  await todo.getByRole('button', { name: 'Try now' }).click();
  await world.standing('finished', 2);
  await page.goto('/dashboard');
  await shows(page, 'well');
});

test('nobody asks Zoom: then nobody knows, and no number says otherwise', async () => {
  await world.end('SIGTERM');
  await world.serve({ SWEEP_EVERY: '0s' });
  await page.goto('/dashboard');
  const { sentence } = await shows(page, 'unknown');
  assert.match(sentence, /nobody/i);
  assert.doesNotMatch(await page.locator('#state').innerText(), /\b0\b/);
  await page.screenshot({ path: 'screenshots/overview-unknown.png', fullPage: true });
  page.context().complaints.none();
});
