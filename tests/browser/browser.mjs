// The browser, and what it must never say.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { HTTPS } from './world.mjs';

const { Z2D_DOMAIN, Z2D_SPKI } = process.env;

/** Other sites, for attacks: each is a port of 127.0.0.1. A sibling shares our registrable domain. */
export const ELSEWHERE = { port: 8443, site: 'evil.test', sibling: 'evil.example.test' };

/** Debian's browser. It knows these names only, and may go nowhere else. */
export async function launch(more = []) {
  const elsewhere = [ELSEWHERE.site, ELSEWHERE.sibling].map((name) => `MAP ${name} 127.0.0.1:${ELSEWHERE.port}`);
  const rules = [`MAP ${Z2D_DOMAIN} 127.0.0.1`, ...elsewhere, 'MAP localhost 127.0.0.1', 'MAP * ~NOTFOUND'];
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-dev-shm-usage', '--disable-background-networking',
      '--disable-component-update', `--host-resolver-rules=${rules.join(', ')}`,
      `--ignore-certificate-errors-spki-list=${Z2D_SPKI}`, ...more,
    ],
  });
}

// The browser's own remark on a header that we send at the log-out.
const REMARK = /^info: Clear-Site-Data header on .*Cleared data types: "cache"/;

/** Whatever a browser could complain of, of all pages of a context. */
export class Complaints {
  lines = [];
  requests = [];

  constructor(context, base) {
    context.on('console', (message) => this.lines.push(`${message.type()}: ${message.text()} (${message.page()?.url()})`));
    context.on('weberror', (error) => this.lines.push(`error: ${error.error()}`));
    context.on('dialog', (dialog) => {
      this.lines.push(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    context.on('request', (request) => {
      this.requests.push(request.url());
      if (!request.url().startsWith(`${base}/`)) this.lines.push(`request elsewhere: ${request.url()}`);
    });
  }

  /** Nothing was said. Lines that the test itself provokes may match `except`. */
  none(except = /^$/) {
    assert.deepEqual(this.lines.filter((line) => !REMARK.test(line) && !except.test(line)), []);
  }
}

/** A context that nobody is logged in to, with whom its pages complain to. */
export async function visitor(browser, { base = HTTPS, ...options } = {}) {
  const context = await browser.newContext({ baseURL: base, ...options });
  // Never reached when all is well, on a machine that has other work.
  context.setDefaultTimeout(60_000);
  context.complaints = new Complaints(context, base);
  return context;
}

/** Logs in by the real form, never by a planted cookie. */
export async function logIn(page, world, name = 'Ann') {
  await page.goto('/dashboard');
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Token').fill(world.token);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('button', { name: 'Log out' }).waitFor();
}

/** A page that is logged in. */
export async function inside(browser, world, options = {}) {
  const context = await visitor(browser, options);
  const page = await context.newPage();
  await logIn(page, world, options.name);
  return page;
}
