// Without JavaScript, and by keyboard alone.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { inside, launch, visitor } from './browser.mjs';
import { open, PAGES } from './pages.mjs';
import { theatre } from './theatre.mjs';

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

test('log in, look and log out by keyboard alone', async () => {
  const page = await (await visitor(browser)).newPage();
  await page.goto('/dashboard');
  await tabTo(page, 'name');
  await page.keyboard.type('Ann');
  await tabTo(page, 'token');
  await page.keyboard.type(house.world.token);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  await tabTo(page, 'Skip to the content');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'content');
  await page.reload();
  await tabTo(page, 'Log out');
  await page.keyboard.press('Enter');
  await page.getByText('You are logged out.').waitFor();
  await page.context().close();
});
