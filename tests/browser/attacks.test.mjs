// Attacks that only a browser can show: other sites, frames, handles, texts that would be scripts.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { ELSEWHERE, inside, launch, visitor } from './browser.mjs';
import { open, PAGES, TOLD } from './pages.mjs';
import { HOSTILE, theatre } from './theatre.mjs';
import { HTTPS } from './world.mjs';

const { Z2D_CERTIFICATE } = process.env;

/** The attacker's pages, by path. */
const PLAIN = (act) => `<form method=post action="${HTTPS}${act}"><button>Win</button></form>`;
const ATTACKS = {
  '/retry': (act) => PLAIN(act),
  '/sandboxed': (act) => `<iframe sandbox="allow-forms allow-scripts" srcdoc='${PLAIN(act)}' width=600 height=400></iframe>`,
  '/framed': () => `<iframe src="${HTTPS}/dashboard" width=900 height=600></iframe>`,
  '/opener': () => `<button onclick="window.victim = window.open('${HTTPS}/dashboard')">Open</button>`,
};

let house, browser, server, act;
before(async () => {
  house = await theatre();
  browser = await launch();
  act = '/dashboard/logout';
  const keys = ['privkey', 'fullchain'].map((name) => readFileSync(path.join(Z2D_CERTIFICATE, `${name}.pem`)));
  server = createServer({ key: keys[0], cert: keys[1] }, (request, answer) => {
    answer.setHeader('content-type', 'text/html');
    answer.end(`<!doctype html><title>Evil</title>${ATTACKS[request.url]?.(act) ?? ''}`);
  });
  await new Promise((go) => server.listen(ELSEWHERE.port, '127.0.0.1', go));
});
after(async () => {
  await browser?.close();
  server?.close();
  server?.closeAllConnections();
  await house?.world.close();
});

async function isLoggedIn(page) {
  await page.goto(`${HTTPS}/dashboard`);
  return page.getByRole('button', { name: 'Log out' }).isVisible();
}

for (const name of [ELSEWHERE.site, ELSEWHERE.sibling]) {
  test(`a form of ${name} is refused`, async () => {
    const page = await inside(browser, house.world);
    const trail = await house.world.api('audit');
    await page.goto(`https://${name}/retry`);
    const [answer] = await Promise.all([
      page.waitForResponse((answer) => answer.request().method() === 'POST'),
      page.getByRole('button', { name: 'Win' }).click(),
    ]);
    assert.equal(answer.status(), 403);
    await page.getByText('This came from another site, and was not done.').waitFor();
    assert.deepEqual(await house.world.api('audit'), trail);
    assert.ok(await isLoggedIn(page));
    await page.context().close();
  });
}

test('a form without an origin, of a sandboxed frame, is refused', async () => {
  for (const name of [ELSEWHERE.site, ELSEWHERE.sibling]) {
    const page = await inside(browser, house.world);
    await page.goto(`https://${name}/sandboxed`);
    const [answer] = await Promise.all([
      page.waitForResponse((answer) => answer.request().method() === 'POST'),
      page.frameLocator('iframe').getByRole('button', { name: 'Win' }).click(),
    ]);
    assert.equal(answer.request().headers().origin, 'null');
    assert.equal(answer.status(), 403);
    assert.ok(await isLoggedIn(page));
    await page.context().close();
  }
});

test('no site shows our pages in a frame', async () => {
  for (const name of [ELSEWHERE.site, ELSEWHERE.sibling]) {
    const page = await inside(browser, house.world);
    await page.goto(`https://${name}/framed`);
    const frame = page.frames().find((frame) => frame !== page.mainFrame());
    assert.doesNotMatch(await frame.content(), /zoom2drive/);
    await page.context().close();
  }
});

test('who opens our page has no handle on it', async () => {
  const page = await inside(browser, house.world);
  await page.goto(`https://${ELSEWHERE.site}/opener`);
  const [ours] = await Promise.all([page.context().waitForEvent('page'), page.getByRole('button', { name: 'Open' }).click()]);
  await ours.getByRole('button', { name: 'Log out' }).waitFor();
  assert.equal(await ours.evaluate(() => window.opener), null);
  await page.waitForFunction(() => window.victim.closed);
  await page.context().close();
});

test('texts from outside are texts, on every page', async () => {
  for (const name of HOSTILE) {
    const page = await inside(browser, house.world, { name });
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.context().close();
  }
  const page = await inside(browser, house.world, { name: HOSTILE[0] });
  for (const entry of PAGES) {
    await open(page, entry, house);
    const html = await page.content();
    assert.ok(!html.includes('<script>alert') && !html.includes('<img src=x'), entry.name);
    assert.ok(!html.includes('\u202e'), `${entry.name} turns the text around`);
    assert.equal(await page.locator('script:not([src])').count(), 0);
    assert.equal(await page.locator('[href^="javascript:"]').count(), 0);
    assert.ok(!(await page.locator('body').innerText()).includes('49 49'), entry.name);
  }
  page.context().complaints.none(TOLD);
  await page.context().close();
});

test('back after the log-out shows nothing', async () => {
  const page = await inside(browser, house.world);
  const context = page.context();
  for (const entry of PAGES.filter((entry) => !entry.status).slice(0, 4)) await open(page, entry, house);
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByText('You are logged out.').waitFor();
  for (let steps = 0; steps < 3; steps += 1) {
    await page.goBack();
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Log out' }).count(), 0);
  }
  await context.close();
});

test('a visitor without a session learns nothing', async () => {
  const page = await (await visitor(browser)).newPage();
  for (const entry of PAGES) {
    await page.goto(typeof entry.path === 'function' ? entry.path(house) : entry.path);
    await page.getByRole('button', { name: 'Log in' }).waitFor();
  }
  await page.context().close();
});
