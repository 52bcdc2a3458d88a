// Without JavaScript, and by keyboard alone.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { inside, launch, visitor } from './browser.mjs';
import { open, PAGES } from './pages.mjs';
import { theatre } from './theatre.mjs';
import { isLive } from './live.mjs';

let house, browser;
before(async () => {
  house = await theatre();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await house?.world.close();
});

/** What has the focus, and whether it can be seen that it has. */
function focus(page) {
  return page.evaluate(() => {
    const one = document.activeElement;
    const style = getComputedStyle(one);
    const box = one.getBoundingClientRect();
    const isSeen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    const isInView = box.bottom > 0 && box.top < window.innerHeight && box.right > 0 && box.left < window.innerWidth;
    return { text: (one.getAttribute('aria-label') ?? one.textContent ?? '').trim(), id: one.id, tag: one.tagName, isSeen, isInView };
  });
}

/** Tabs on to what has this name, and checks that the focus is seen all the way. */
async function tabTo(page, name) {
  const passed = [];
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press('Tab');
    const now = await focus(page);
    // Behind the last thing comes the browser's own frame, and then the first again.
    if (now.tag === 'BODY') continue;
    assert.ok(now.isSeen && now.isInView, `the focus cannot be seen: ${JSON.stringify(now)}`);
    if (now.text === name || now.id === name) return;
    passed.push(now.text || now.id);
  }
  assert.fail(`no Tab leads to ${name}: ${passed.join(', ')}`);
}

test('every page shows all of itself without JavaScript', async () => {
  const page = await inside(browser, house.world, { javaScriptEnabled: false });
  for (const entry of PAGES) await open(page, entry, house);
  await page.context().close();
});

/** Presses a button on the way to an act, and waits for the sentence that says that it is done. */
async function press(page, name, done) {
  const named = (role) => page.getByRole(role, { name, exact: true });
  await named('button').or(named('link')).first().click();
  if (done) await page.getByRole('status').filter({ hasText: done }).waitFor();
}

/** The acts of the audit trail. */
async function acts() {
  return (await house.world.api('audit')).entries.map((line) => line.action);
}

test('every act is done without JavaScript', async () => {
  const page = await inside(browser, house.world, { javaScriptEnabled: false });
  const { world, parked, archived, event } = house;
  // Search, by state and by words.
  await page.goto('/dashboard/recordings');
  await page.getByLabel('Topic or host').fill('dress');
  await page.getByLabel('State').selectOption({ label: 'needs you' });
  await press(page, 'Search');
  await page.getByText('2 shown').waitFor();
  await press(page, 'Clear');
  // One recording: call it off, let it go on, begin again.
  await page.goto(`/dashboard/recordings/${parked}`);
  await press(page, 'Call off\u2026');
  await press(page, 'Call off', 'It is called off.');
  await press(page, 'Retry', 'It is tried again now.');
  await page.goto(`/dashboard/recordings/${archived}`);
  await press(page, 'Begin again\u2026');
  await press(page, 'Begin again', 'It begins again now.');
  await page.goto(`/dashboard/events/${event}`);
  await press(page, 'Begin again\u2026');
  await press(page, 'Begin again');
  await page.getByRole('heading', { level: 1 }).waitFor();
  // Those that wait for the same reason, from the overview.
  await page.goto('/dashboard');
  const group = page.locator('#todo').getByRole('link', { name: /Retry these/ }).or(page.locator('#todo').getByRole('button', { name: 'Retry' }));
  await group.first().click();
  await page.getByRole('button', { name: /Retry/ }).first().click();
  // Sessions, messages, the doctor.
  const other = await inside(browser, world, { javaScriptEnabled: false, name: 'Bo' });
  await page.goto('/dashboard/system');
  await page.getByRole('row').filter({ hasText: 'Bo' }).getByRole('button').click();
  await page.getByText('The session has ended.').waitFor();
  await other.reload();
  await other.getByRole('button', { name: 'Log in' }).waitFor();
  await page.goto('/dashboard/messages');
  await page.getByLabel('State').selectOption('sent');
  await press(page, 'Show');
  await page.goto('/dashboard/doctor');
  await press(page, 'Examine now');
  await page.getByText(/ broken, /).waitFor({ timeout: 60_000 });
  await press(page, 'Log out');
  await page.getByText('You are logged out.').waitFor();
  const done = await acts();
  for (const act of ['log in', 'log out', 'cancel', 'retry', 'replay', 'end']) {
    assert.ok(done.some((line) => line.startsWith(act)), `${act} is not in ${done}`);
  }
  await page.context().close();
  await other.context().close();
});

test('log in, find, call off and log out by keyboard alone', async () => {
  const page = await (await visitor(browser)).newPage();
  await page.goto('/dashboard');
  await tabTo(page, 'name');
  await page.keyboard.type('Ann');
  await tabTo(page, 'token');
  await page.keyboard.type(house.world.token);
  await page.keyboard.press('Enter');
  await isLive(page);
  await tabTo(page, 'Skip to the content');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'content');
  await page.reload();
  await isLive(page);
  await tabTo(page, 'Recordings');
  await page.keyboard.press('Enter');
  await page.waitForURL(/recordings$/);
  await tabTo(page, 'q');
  await page.keyboard.type('hamlet act 2');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=hamlet/);
  await tabTo(page, 'Hamlet, act 2');
  await page.keyboard.press('Enter');
  await page.waitForURL(/recordings\/\d+$/);
  await page.locator('#recording').waitFor();
  await tabTo(page, 'Call off\u2026');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Call off this recording?' }).waitFor();
  await tabTo(page, 'Call off');
  await page.keyboard.press('Enter');
  await page.getByText('It is called off.').waitFor();
  await tabTo(page, 'Log out');
  await page.keyboard.press('Enter');
  await page.getByText('You are logged out.').waitFor();
  await page.context().close();
});

test('the focus stays where it is while parts are replaced', async () => {
  const page = await inside(browser, house.world);
  await isLive(page);
  const link = page.locator('#proofs a').first();
  await link.focus();
  const id = await link.getAttribute('id');
  const before = await page.locator('#state').elementHandle();
  await page.locator('#proofs').evaluate((part) => part.setAttribute('data-old', ''));
  await house.world.recorded({ uuid: 'focus+1/AAAAAAAAA==', topic: 'Prologue' });
  await page.locator('#proofs:not([data-old])').getByText('Prologue').first().waitFor({ timeout: 60_000 });
  await page.waitForFunction((old) => !old.isConnected, before);
  assert.equal(await page.evaluate(() => document.activeElement.id), id);
  page.context().complaints.none();
  await page.context().close();
});
