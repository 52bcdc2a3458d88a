// People who may only look: by the token for viewers, or named by a proxy in front.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { inside, launch, visitor } from './browser.mjs';
import { isLive } from './live.mjs';
import { open, PAGES } from './pages.mjs';
import { HOSTILE, theatre } from './theatre.mjs';
import { HTTPS, LOCAL } from './world.mjs';

const VIEWERS = randomBytes(16).toString('hex');
const PROXY = randomBytes(16).toString('hex');
const ADMIN = 'ann@drama.example';

/** Pages that lead to an act or are for admins: a viewer is refused. */
const ACTS = ['cancel', 'replay', 'recover', 'refused', 'event-replay', 'doctor', 'settings'];
const PAGES_TO_LOOK_AT = PAGES.filter((entry) => !entry.press && !entry.status && !ACTS.includes(entry.name));

let house, browser;
before(async () => {
  house = await theatre({
    VIEWER_TOKEN: VIEWERS,
    DASHBOARD_USER_HEADER: 'X-Forwarded-Email',
    DASHBOARD_PROXY_SECRET: PROXY,
    DASHBOARD_ADMINS: ADMIN,
  });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await house?.world.close();
});

/** Buttons that are seen and do more than search or end the session, and links that lead to an act. */
async function buttons(page) {
  const names = await page.locator('button').filter({ visible: true }).allInnerTexts();
  const acts = await page.locator('a').filter({ visible: true }).evaluateAll((links) => links.map((link) => link.pathname));
  const isHarmless = (name) => /^(Log out|Pause updates|Search|Show)$/.test(name.trim());
  return [...names.filter((name) => !isHarmless(name)), ...acts.filter((path) => /\/(cancel|replay|recover|retry-parked|doctor|settings)$/.test(path))];
}

/** Sends a form of the page's own site, as a button would, and gives the status. */
function post(page, path) {
  return page.evaluate(async (path) => (await fetch(path, { method: 'POST', redirect: 'manual', body: new URLSearchParams() })).status, path);
}

/** Sees everything, has no button, and is refused whatever it sends. */
async function looksOnly(page) {
  const { parked, archived, event, world } = house;
  const trail = await world.api('audit');
  const seen = [];
  for (const entry of PAGES_TO_LOOK_AT) {
    await open(page, entry, house);
    seen.push(...(await buttons(page)).map((name) => `${entry.name}: ${name}`));
  }
  assert.deepEqual(seen, []);
  for (const entry of PAGES.filter((entry) => ACTS.includes(entry.name))) {
    const path = typeof entry.path === 'function' ? entry.path(house) : entry.path;
    assert.equal((await page.goto(path)).status(), 403, path);
  }
  await page.goto('/dashboard');
  const acts = ['retry', 'cancel', 'replay', 'recover', 'check'].map((act) => `/dashboard/recordings/${act === 'recover' ? archived : parked}/${act}`);
  const others = [`/dashboard/events/${event}/replay`, '/dashboard/retry-parked', '/dashboard/pauses/drive/probe', '/dashboard/sessions/1/end', '/dashboard/doctor'];
  for (const path of [...acts, ...others]) assert.equal(await post(page, path), 403, path);
  assert.deepEqual(await world.api('audit'), trail, 'nothing was even tried');
  // The browser itself tells of each 403.
  page.context().complaints.none(/status of 403/);
}

test('a viewer sees every page without a button, and can press none', async () => {
  const page = await inside(browser, { token: VIEWERS }, { base: LOCAL, name: 'Vi' });
  await isLive(page);
  await page.getByText('may only look').waitFor();
  await page.screenshot({ path: 'screenshots/overview-viewer.png', fullPage: true });
  await looksOnly(page);
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByText('You are logged out.').waitFor();
  await page.context().close();
});

/** A browser behind a proxy that logs people in. */
function behind(name, secret = PROXY, base = LOCAL) {
  const extraHTTPHeaders = { 'x-forwarded-email': name, 'x-zoom2drive-proxy': secret };
  return visitor(browser, { base, extraHTTPHeaders });
}

test('a person whom the proxy names looks only, and the name is a text', async () => {
  for (const name of HOSTILE.filter((text) => /^[ -~]+$/.test(text))) {
    const context = await behind(name);
    const page = await context.newPage();
    await page.goto('/dashboard');
    await isLive(page);
    assert.ok((await page.locator('.who').innerText()).includes(name.slice(0, 20)), name);
    assert.equal(await page.getByRole('button', { name: 'Log out' }).count(), 0);
    assert.equal(await page.locator('script:not([src]), .who img').count(), 0);
    context.complaints.none();
    await context.close();
  }
  const page = await (await behind(HOSTILE[0])).newPage();
  await looksOnly(page);
  await page.context().close();
});

test('a person whom the proxy names and the settings trust may act', async () => {
  const page = await (await behind(ADMIN)).newPage();
  await page.goto('/dashboard');
  await page.getByRole('link', { name: /Retry these/ }).waitFor();
  await page.goto(`/dashboard/recordings/${house.archived}`);
  await page.getByRole('button', { name: 'Ask Drive now' }).click();
  await page.getByRole('heading', { name: /Drive was asked/ }).waitFor();
  const [last] = (await house.world.api('audit')).entries;
  assert.ok(JSON.stringify(last).includes(ADMIN), JSON.stringify(last));
  page.context().complaints.none();
  await page.context().close();
});

test('such headers count for nothing with another secret, and through our own nginx', async () => {
  for (const [secret, base] of [['a guess', LOCAL], [PROXY, HTTPS]]) {
    const page = await (await behind(ADMIN, secret, base)).newPage();
    await page.goto('/dashboard');
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    await page.context().close();
  }
});
