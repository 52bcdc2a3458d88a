// One evening, from the login to the log-out: a recording arrives, bars grow, proofs appear.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, logIn, visitor } from './browser.mjs';
import { isLive, shows } from './live.mjs';
import { HTTPS, LOCAL, until, World } from './world.mjs';

let world, browser;
before(async () => {
  world = await World.open();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await world?.close();
});

async function opened(base) {
  const context = await visitor(browser, { base });
  const page = await context.newPage();
  // On this machine the bare address leads to the pages, too; nginx shows nothing there.
  await page.goto(base === LOCAL ? '/' : '/dashboard');
  await logIn(page, world);
  return page;
}

async function logOut(page) {
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByText('You are logged out.').waitFor();
  await page.goBack();
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  assert.equal(await page.locator('#state').count(), 0);
  page.context().complaints.none();
  await page.context().close();
}

/** Writes down in the page how old each piece of news is when it is seen, by the time in it. */
function watchAges(page) {
  return page.evaluate(() => {
    window.ages = [];
    const look = () => {
      const at = document.querySelector('#state .asof time')?.dateTime;
      if (at && at !== window.seen) window.ages.push(Date.now() - Date.parse(at));
      window.seen = at;
    };
    new MutationObserver(look).observe(document.querySelector('main'), { childList: true, subtree: true });
  });
}

for (const [index, base] of [HTTPS, LOCAL].entries()) {
  test(`an evening: ${base}`, async () => {
    const topic = `Hamlet, act ${index + 1}`;
    const uuid = `evening+${index}/AAAAAAAAA==`;
    const page = await opened(base);
    const [cookie] = await page.context().cookies();
    assert.equal(cookie.httpOnly, true);
    assert.equal(cookie.sameSite, 'Lax');
    assert.equal(cookie.secure, base === HTTPS);
    assert.equal(cookie.name, base === HTTPS ? '__Host-z2d' : 'z2d');
    await isLive(page);
    assert.match((await shows(page, 'well')).sentence, /^Every recording since .* is safe on Google Drive\.$/);
    await watchAges(page);

    // For 16 seconds: a page on which nothing moves looks every five, and then every second.
    await world.order({ slow_media: { of: uuid, millis: 60 } });
    await world.recorded({ uuid, topic, mib: 16 });
    assert.match((await shows(page, 'working')).sentence, /on (its|their) way/);
    const bar = page.locator('#moving').getByRole('progressbar').first();
    const seen = new Set();
    await until('the bar grows', async () => {
      if ((await bar.count()) > 0) seen.add(Number(await bar.getAttribute('aria-valuenow').catch(() => 0)));
      return seen.size >= 4;
    });
    assert.deepEqual([...seen], [...seen].sort((a, b) => a - b), 'the bar goes one way');
    await page.screenshot({ path: `screenshots/overview-moving-${index}.png`, fullPage: true });

    const line = page.locator('#proofs li').filter({ hasText: topic }).filter({ hasText: '.mp4' });
    await line.getByText('equal at both ends').waitFor({ timeout: 60_000 });
    const job = (await world.jobs()).find((job) => job.topic === topic);
    const { files } = await world.api(`jobs/${job.id}`);
    const links = files.map((file) => JSON.stringify(file));
    const href = await line.getByRole('link', { name: /Drive/ }).getAttribute('href');
    const id = new URL(href).pathname.split('/')[3];
    assert.match(href, /^https:\/\/drive\.google\.com\/file\/d\/[-\w]+\/view$/);
    assert.ok(links.some((file) => file.includes(id)), `${href} in ${links}`);
    await world.standing('finished', index + 1);
    await shows(page, 'well');
    // Through nginx, too, which could hold it back. The time in it is cut to the second.
    const ages = await page.evaluate(() => window.ages);
    assert.ok(ages.length >= 2 && Math.min(...ages) < 2000, `news are old when they come: ${ages}`);
    await logOut(page);
  });
}
