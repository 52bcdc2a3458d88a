// What a page with news shows, and how old it says that it is.

import assert from 'node:assert/strict';
import { until } from './world.mjs';

/** Waits until the page gets news. */
export async function isLive(page) {
  await page.locator('html.live').waitFor({ state: 'attached' });
}

/** Whether the sentence is struck out, and says that the service is lost. */
export function isOld(page) {
  return page.evaluate(() => {
    const word = document.querySelector('#state .word');
    const lost = document.querySelector('#state .lost');
    const isStruck = getComputedStyle(word).textDecorationLine.includes('line-through');
    const isTold = getComputedStyle(lost).visibility === 'visible';
    // The sign and the edge lose their colour with the sentence.
    const colours = [getComputedStyle(word.querySelector('.sign')), getComputedStyle(word, '::before')].map((style) => style.color);
    const isGrey = colours.every((colour) => colour === getComputedStyle(word).color);
    return isStruck === isTold && isStruck === isGrey ? isStruck : null;
  });
}

/** The spec says 35 s; a machine that is busy gets a little more. */
export async function becomesOld(page) {
  await until('the page says that it is old', async () => (await isOld(page)) === true, 50);
}

/** By itself: nobody reloads. */
export async function becomesNew(page) {
  await until('the page is back by itself', async () => (await isOld(page)) === false, 60);
}

/** The state that the page shows, by its class, title and sentence, which must agree. */
export async function state(page) {
  const seen = await page.evaluate(() => {
    const box = document.querySelector('#state');
    const kind = ['attention', 'unknown', 'working', 'well'].find((kind) => box.classList.contains(kind));
    return { kind, title: document.title, sentence: box.querySelector('.word').textContent.trim(), icon: document.querySelector('#icon').href };
  });
  return seen;
}

const MARKS = { attention: '!', unknown: '?', working: '\u21bb', well: '\u2713' };

/** Waits until the state is this one, and holds title and icon against it. */
export async function shows(page, kind) {
  const found = await until(`the page shows: ${kind}`, async () => {
    const seen = await state(page);
    return seen.kind === kind && seen.title.startsWith(MARKS[kind]) ? seen : null;
  });
  assert.ok(found.icon.includes(`/${kind}.svg`), found.icon);
  return found;
}
