// One evening, from the login to the log-out.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, logIn, visitor } from './browser.mjs';
import { HTTPS, LOCAL, World } from './world.mjs';

let world, browser;
before(async () => {
  world = await World.open();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await world?.close();
});

for (const base of [HTTPS, LOCAL]) {
  test(`log in, log out, and back shows nothing: ${base}`, async () => {
    const context = await visitor(browser, { base });
    const page = await context.newPage();
    // On this machine the bare address leads to the pages, too; nginx shows nothing there.
    await page.goto(base === LOCAL ? '/' : '/dashboard');
    await logIn(page, world);
    assert.equal(new URL(page.url()).pathname, '/dashboard');
    const [cookie] = await context.cookies();
    assert.equal(cookie.httpOnly, true);
    assert.equal(cookie.sameSite, 'Lax');
    assert.equal(cookie.secure, base === HTTPS);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByText('You are logged out.').waitFor();
    await page.goBack();
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    context.complaints.none();
    await context.close();
  });
}
