// The buttons that mend, without JavaScript: each is pressed, and it goes on.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { inside, launch } from './browser.mjs';
import { until, World } from './world.mjs';

const DENIED = { reason: 'insufficientFilePermissions', message: 'The user does not have sufficient permissions for this file.' };
const FULL = { reason: 'storageQuotaExceeded', message: "The user's Drive storage quota has been exceeded." };

let world, browser, page;
let number = 0;
before(async () => {
  world = await World.open({ RETRY_WAIT: '10s' });
  browser = await launch();
  page = await inside(browser, world, { javaScriptEnabled: false });
});
after(async () => {
  await browser?.close();
  await world?.close();
});

async function recorded(count) {
  for (let more = 0; more < count; more += 1) {
    number += 1;
    await world.recorded({ uuid: `mend+${number}/AAAAAAAAA==`, topic: `Rehearsal ${number}` });
  }
}

/** The first thing to do, of a page that is fetched anew. */
async function todo() {
  await page.goto('/dashboard');
  return page.locator('#todo li').first();
}

/** The last act of the audit trail that was begun. */
async function lastAct() {
  return (await world.api('audit')).entries.map((line) => line.action)[0];
}

/** Soon: the service keeps what rarely changes for five seconds, and this page does not change by itself. */
async function isWell() {
  await until('the service is well', async () => {
    await page.goto('/dashboard');
    return page.locator('#state.well').isVisible();
  });
  assert.equal(await page.locator('#todo li').count(), 0);
}

test('Retry these', async () => {
  await world.order({ refuse_uploads: { ...DENIED, times: 1000 } });
  await recorded(2);
  await world.standing('parked', 2);
  await world.order('clear');
  await (await todo()).getByRole('link', { name: /Retry these 2/ }).click();
  for (const topic of ['Rehearsal 1', 'Rehearsal 2']) await page.getByText(topic).first().waitFor();
  await page.getByRole('button', { name: /Retry/ }).click();
  await page.getByRole('status').filter({ hasText: 'They are tried again now' }).waitFor();
  assert.match(await lastAct(), /^retry/);
  await world.standing('finished', 2);
  await isWell();
});

test('Retry', async () => {
  await world.order({ refuse_uploads: { ...DENIED, times: 1000 } });
  await recorded(1);
  await world.standing('parked');
  await world.order('clear');
  await (await todo()).getByRole('button', { name: 'Retry', exact: true }).click();
  await page.getByRole('status').filter({ hasText: 'It is tried again now.' }).waitFor();
  assert.match(await lastAct(), /^retry/);
  await world.standing('finished', 3);
  await isWell();
});

test('Try now', async () => {
  await world.order({ refuse_uploads: { ...FULL, times: 1000 } });
  await recorded(1);
  await page.waitForTimeout(500);
  for (let looks = 0; (await (await todo()).getByRole('button', { name: 'Try now' }).count()) === 0; looks += 1) {
    assert.ok(looks < 100, 'no pause is shown');
    await page.waitForTimeout(300);
  }
  await world.order('clear');
  await (await todo()).getByRole('button', { name: 'Try now' }).click();
  await page.getByRole('status').filter({ hasText: 'It is tried now' }).waitFor();
  assert.match(await lastAct(), /probe/);
  await world.standing('finished', 4);
  await isWell();
});

test('Recover, and keep or archive again', async () => {
  const [first, second] = await world.standing('finished', 2);
  for (const [job, button] of [[first, 'Recover and keep'], [second, 'Recover and archive again']]) {
    await page.goto(`/dashboard/recordings/${job.id}`);
    await page.getByText(/in Zoom's trash until/).first().waitFor();
    await page.getByRole('link', { name: 'Recover\u2026' }).click();
    await page.getByRole('button', { name: button }).click();
    await page.getByRole('status').filter({ hasText: "It is out of Zoom's trash." }).waitFor();
    assert.match(await lastAct(), /^recover/);
    assert.equal(await page.getByText(/Original: in Zoom's trash/).count(), 0);
  }
  await world.standing('finished', 4);
  await isWell();
  page.context().complaints.none();
});
