// How the pages look, and to whom: axe-core, three widths, both colours, zoom, forced colours, less motion.
// Pictures of all are left in screenshots/.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { inside, launch, visitor } from './browser.mjs';
import { open, OUTSIDE, PAGES } from './pages.mjs';
import { theatre } from './theatre.mjs';
import { LOCAL } from './world.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const WIDTHS = [360, 768, 1440];
const HEIGHT = 900;

let house, browser, page, outside;
before(async () => {
  house = await theatre();
  browser = await launch();
  // Straight to the service: the shipped nginx refuses this rate, which no person reaches.
  page = await inside(browser, house.world, { base: LOCAL });
  outside = await (await visitor(browser, { base: LOCAL })).newPage();
});
after(async () => {
  await browser?.close();
  await house?.world.close();
});

/** What axe-core finds, a line for each element. */
async function violations(page) {
  await page.evaluate(AXE);
  return page.evaluate(async (values) => {
    const found = await window.axe.run(document, { runOnly: { type: 'tag', values } });
    return found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.html} ${node.failureSummary}`));
  }, RULES);
}

/** Elements that reach beyond the window. */
function sideways(page) {
  return page.evaluate(() => {
    if (document.documentElement.scrollWidth <= window.innerWidth) return [];
    const wide = [...document.body.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > window.innerWidth + 1);
    return wide.map((one) => `${one.tagName}.${one.getAttribute('class')} ${one.textContent.trim().slice(0, 40)}`).slice(0, 5);
  });
}

/** Things to press or fill in that are smaller than 44 px where fingers press: links within text do not count. */
function small(page) {
  return page.evaluate(() => {
    const things = [...document.querySelectorAll('button, a.button, input:not([type=hidden]), select, summary, nav a')];
    const sizes = things.filter((one) => one.checkVisibility()).map((one) => [one, one.getBoundingClientRect()]);
    return sizes.filter(([, box]) => box.height > 0 && box.height < 43.5).map(([one, box]) => `${one.outerHTML.slice(0, 80)}: ${box.height}`);
  });
}

/** Every page of the table, and the tab that shows it: logged in, or not. */
const every = [...PAGES.map((entry) => [entry, () => page]), ...OUTSIDE.map((entry) => [entry, () => outside])];

/** The pages in one colour. */
export function looks(colorScheme) {
  for (const [entry, of] of every) {
    test(`${entry.name}, ${colorScheme}: axe-core finds nothing, in three widths`, async () => {
      const page = of();
      await page.emulateMedia({ colorScheme, forcedColors: 'none', reducedMotion: 'no-preference' });
      await open(page, entry, house);
      const found = [];
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: HEIGHT });
        const say = (kind) => (line) => found.push(`${width}: ${kind} ${line}`);
        (await violations(page)).forEach(say('axe'));
        (await sideways(page)).forEach(say('sideways'));
        if (width === 360) (await small(page)).forEach(say('small'));
        await page.screenshot({ path: `screenshots/${entry.name}-${width}-${colorScheme}.png`, fullPage: true });
      }
      assert.deepEqual(found, []);
    });
  }
}

/** The pages at 200 %, in forced colours and with less motion. */
export function needs() {
  for (const [entry, of] of every) {
    test(`${entry.name}: at 200 %, in forced colours, with less motion`, async () => {
      const page = of();
      // 200 % of a window of 1280 px is half as many CSS pixels.
      await page.setViewportSize({ width: 640, height: 512 });
      await page.emulateMedia({ colorScheme: 'light', forcedColors: 'active', reducedMotion: 'reduce' });
      await open(page, entry, house);
      assert.deepEqual([...(await violations(page)), ...(await sideways(page))], []);
      await page.screenshot({ path: `screenshots/${entry.name}-forced.png`, fullPage: true });
    });
  }
}
