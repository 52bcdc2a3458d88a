// What arrives while a page is open: texts that attack, a huge topic, and what a screen reader says of it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { inside, launch } from './browser.mjs';
import { isLive, shows } from './live.mjs';
import { HOSTILE } from './theatre.mjs';
import { until, World } from './world.mjs';

const MIB = 1024 * 1024;

let world, browser;
before(async () => {
  world = await World.open({ SWEEP_EVERY: '1h' });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await world?.close();
});

/** Writes down what all live regions of the page say, and which rules of its policy are broken. */
function listen(page) {
  return page.evaluate(() => {
    window.spoken = [];
    window.reports = [];
    document.addEventListener('securitypolicyviolation', (event) => window.reports.push(`${event.violatedDirective} ${event.sample}`));
    new MutationObserver((changes) => {
      for (const change of changes) {
        const region = (change.target.closest ? change.target : change.target.parentElement)?.closest('[role=status], [role=alert], [aria-live]');
        if (region && change.addedNodes.length + (change.type === 'characterData') > 0) window.spoken.push(region.textContent.trim());
      }
    }).observe(document.body, { childList: true, characterData: true, subtree: true });
  });
}

test('each change of the state is spoken once, and nothing else is', async () => {
  const page = await inside(browser, world);
  await isLive(page);
  await shows(page, 'well');
  await listen(page);
  await world.order({ slow_media: { of: 'spoken', millis: 60 } });
  await world.recorded({ uuid: 'spoken+1/AAAAAAAAA==', topic: 'Prologue', mib: 12 });
  await shows(page, 'working');
  // Bars grow meanwhile: parts are replaced many times, and are not read aloud.
  await until('a bar grows', () => page.locator('#moving [role=progressbar]').first().getAttribute('aria-valuenow', { timeout: 1000 }).then((now) => Number(now) > 50, () => false));
  await world.standing('finished');
  await shows(page, 'well');
  const spoken = await page.evaluate(() => window.spoken);
  assert.equal(spoken.length, 2, spoken.join('\n'));
  assert.match(spoken[0], /^1 recording is on its way to Google Drive\.$/);
  assert.match(spoken[1], /^Every recording since .* is safe on Google Drive\.$/);
  page.context().complaints.none();
  await page.context().close();
});

test('texts that attack arrive as texts on open pages', async () => {
  const overview = await inside(browser, world);
  await isLive(overview);
  await listen(overview);
  // Slow enough to be seen on its way; the others arrive at once.
  await world.order({ slow_media: { of: 'evil+0', millis: 60 } });
  const record = (index, mib) =>
    world.recorded({ uuid: `evil+${index}/AAAAAAAAA==`, topic: HOSTILE[index], mib, start: `2026-02-0${index + 1}T10:00:00Z` });
  await record(0, 16);
  await overview.locator('#moving').getByText(HOSTILE[0]).first().waitFor();
  const moving = (await world.jobs()).find((job) => job.topic === HOSTILE[0]);
  const recording = await overview.context().newPage();
  await recording.goto(`/dashboard/recordings/${moving.id}`);
  await isLive(recording);
  await listen(recording);
  for (let index = 1; index < HOSTILE.length; index += 1) await record(index, 1);
  await overview.locator('#proofs').getByText(/alert\(|49|DROP|\\u202e/).first().waitFor();
  await world.standing('finished', HOSTILE.length);
  await recording.locator('#recording').getByText('3 of 3 files proved').waitFor();
  for (const page of [overview, recording]) {
    assert.deepEqual(await page.evaluate(() => window.reports), []);
    assert.equal(await page.locator('main script, main img, main iframe, main [href^="javascript:"]').count(), 0);
    assert.ok(!(await page.content()).includes('\u202e'));
  }
  overview.context().complaints.none();
  await overview.context().close();
});

test('a topic of 1 MiB is one line like others', async () => {
  const topic = `Endless <b>${'play '.repeat(MIB / 5)}`;
  const start = new Date(Date.now() - 7_200_000).toISOString().replace(/\.\d+/, '');
  // No webhook of that size passes nginx: the look at Zoom finds it.
  await world.record({ uuid: 'huge+1/AAAAAAAAA==', topic, start });
  await world.end('SIGTERM');
  await world.serve({ SWEEP_EVERY: '0s' });
  await world.end('SIGTERM');
  await world.serve({ SWEEP_EVERY: '1m' });
  const job = await until('it is found and archived', async () =>
    (await world.jobs()).find((job) => job.topic.startsWith('Endless') && job.standing === 'finished'), 100);
  const page = await inside(browser, world);
  await isLive(page);
  for (const path of ['/dashboard', '/dashboard/recordings', '/dashboard/recordings?q=endless', `/dashboard/recordings/${job.id}`, '/dashboard/messages', '/dashboard/events', '/dashboard/hosts']) {
    const answer = await page.goto(path);
    const { length } = await answer.body();
    assert.equal(answer.status(), 200, path);
    assert.ok(length <= 30 * 1024, `${path}: ${length} bytes`);
    await page.setViewportSize({ width: 360, height: 900 });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${path} scrolls sideways`);
    assert.equal(await page.locator('main b').count(), 0);
  }
  await page.goto(`/dashboard/recordings/${job.id}`);
  await page.screenshot({ path: 'screenshots/recording-huge.png', fullPage: true });
  page.context().complaints.none();
  await page.context().close();
});
