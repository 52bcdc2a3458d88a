// The demo that a newcomer watches, from the printed token to the good sentence. Its best moment is the README's picture.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { inside, launch } from './browser.mjs';
import { becomesNew, becomesOld, isLive, isOld, shows } from './live.mjs';
import { until } from './world.mjs';

const { Z2D_FOLDER, Z2D_PROGRAMS } = process.env;

/** The spec's time from the last news to the grey page, in seconds. */
const GREY_WITHIN = 35;

let browser, demo, ended;
let said = '';
before(async () => {
  demo = spawn(path.join(Z2D_PROGRAMS, 'zoom2drive'), ['demo', '--browser', '--fast'], {
    env: { PATH: process.env.PATH, TMPDIR: Z2D_FOLDER },
    cwd: Z2D_FOLDER,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  ended = new Promise((go) => demo.once('exit', (code) => go(code)));
  for (const stream of [demo.stdout, demo.stderr]) stream.setEncoding('utf8').on('data', (text) => { said += text; });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  demo?.kill('SIGKILL');
});

/** Waits until the demo has said this, and gives what was found. */
function says(pattern, seconds = 90) {
  return until(`the demo says ${pattern}`, () => {
    if (demo.exitCode !== null) throw new Error(`the demo ended:\n${said}`);
    return said.match(pattern);
  }, seconds);
}

/** Writes down each state that the page shows. A person who watches sees all of them. */
function watchStates(page) {
  return page.evaluate(() => {
    window.states = [];
    const look = () => {
      const box = document.querySelector('#state');
      const seen = `${box.className.split(' ').at(-1)}: ${box.querySelector('.word').textContent.trim()}`;
      if (seen !== window.states.at(-1)) window.states.push(seen);
    };
    look();
    new MutationObserver(look).observe(document.querySelector('main'), { childList: true, subtree: true });
  });
}

/** The bars of the page: how much of each file is sent, by its name. */
async function bars(page) {
  const found = await page.locator('#moving [role=progressbar]').evaluateAll((bars) =>
    bars.map((bar) => [bar.getAttribute('aria-label'), Number(bar.getAttribute('aria-valuenow'))]));
  return new Map(found);
}

/** The page as the README shows it, in both colours: `run picture` takes it from there. */
async function picture(page) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `screenshots/demo-overview-${colorScheme}.png`, fullPage: true });
  }
}

test('the demo: bars, a killed service, the same bars, proofs and the good sentence', async () => {
  const [, base, token] = await says(/open (http:\/\/localhost:\d+)\/dashboard and log in with the token (\S+);/);
  const viewport = { width: 1200, height: 860 };
  const page = await inside(browser, { token }, { base, viewport });
  await isLive(page);
  await watchStates(page);

  const seen = new Set();
  await until('the bar of the lecture grows', async () => {
    for (const [name, sent] of await bars(page)) if (name.includes('Lecture')) seen.add(`${name} ${sent}`);
    return seen.size >= 6;
  });
  // The lecture's big file is cut on purpose, and goes on: the picture shows it on its way.
  await until('the big file goes on', async () => /[KM]iB\/s/.test(await page.locator('#moving li').first().innerText()));
  await picture(page);
  await says(/KILLED the service/);
  const killed = Date.now();
  const before = await bars(page);
  assert.ok(before.size >= 1, 'the kill comes while nothing moves');
  assert.equal(await isOld(page), false);
  await becomesOld(page);
  const seconds = (Date.now() - killed) / 1000;
  console.log(`the page lost its colour ${seconds.toFixed(1)} s after the kill`);
  assert.ok(seconds < GREY_WITHIN, `${seconds} s`);
  assert.match(await page.locator('#state .lost').innerText(), /lost the service/);
  await page.screenshot({ path: 'screenshots/demo-killed.png' });

  await says(/started another on the same database/);
  await becomesNew(page);
  const least = new Map();
  await until('the same bars go on', async () => {
    const now = await bars(page);
    for (const [name, sent] of now) least.set(name, Math.min(sent, least.get(name) ?? 100));
    return [...before.keys()].some((name) => now.get(name) > before.get(name));
  });
  // A file goes on from where Drive stands: at most a piece behind, never from the start.
  for (const [name, sent] of before) assert.ok((least.get(name) ?? 100) >= sent - 30, `${name} begins anew`);

  const proof = page.locator('#proofs li').filter({ hasText: 'Lecture' }).first();
  await proof.getByText('equal at both ends').waitFor();
  await says(/Every promise was kept\.[^]*Everything goes on running/);
  assert.match((await shows(page, 'well')).sentence, /^Every .*recording since .* is safe on Google Drive\.$/);
  const states = await page.evaluate(() => window.states);
  assert.deepEqual(states.filter((state) => !/^(well|working)/.test(state)), [], states.join('\n'));
  await page.screenshot({ path: 'screenshots/demo-end.png' });
  // The browser itself tells of the connection that broke.
  page.context().complaints.none(/^error: Failed to load resource: .*ERR_/);
  await page.context().close();
  demo.kill('SIGINT');
  assert.equal(await ended, 0, said);
});
