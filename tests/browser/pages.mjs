// All pages, in one table: every suite walks it. A page that is added to the service is added here.
//
// `path` is an address, or a function of the theatre (theatre.mjs) that gives one. `press` is the button that leads on
// to a page that only a POST shows. `shown` is a text that says that all of it is there, beside the heading.
// `isSoon`: the worker's next step makes that text, and a page without JavaScript shows it when it is loaded again.

import { until } from './world.mjs';

export const PAGES = [
  { name: 'overview', path: '/dashboard', heading: /needs? you/, shown: 'What to do' },
  { name: 'recordings', path: '/dashboard/recordings', heading: 'Recordings', shown: 'dean@uni.example' },
  { name: 'search', path: '/dashboard/recordings?q=hamlet', heading: 'Recordings', shown: 'Hamlet' },
  { name: 'nothing-found', path: '/dashboard/recordings?q=macbeth', heading: 'Recordings', shown: 'No recording fits' },
  { name: 'recording', path: ({ archived }) => `/dashboard/recordings/${archived}`, heading: /./, shown: 'proved' },
  { name: 'recording-moving', path: ({ moving }) => `/dashboard/recordings/${moving}`, heading: /./, shown: 'kept by Drive', isSoon: true },
  { name: 'recording-parked', path: ({ parked }) => `/dashboard/recordings/${parked}`, heading: /./, shown: 'What to do' },
  { name: 'recording-hostile', path: ({ hostile }) => `/dashboard/recordings/${hostile}`, heading: /./, shown: 'proved' },
  { name: 'cancel', path: ({ parked }) => `/dashboard/recordings/${parked}/cancel`, heading: 'Call off this recording?' },
  { name: 'replay', path: ({ archived }) => `/dashboard/recordings/${archived}/replay`, heading: 'Begin this recording again?' },
  { name: 'check', path: ({ archived }) => `/dashboard/recordings/${archived}`, press: 'Ask Drive now', heading: /Drive was asked/, shown: 'equal' },
  { name: 'recover', path: ({ archived }) => `/dashboard/recordings/${archived}/recover`, heading: /Take this out of Zoom/ },
  { name: 'findings', path: '/dashboard/findings', heading: 'Archive check' },
  { name: 'refused', path: ({ archived }) => `/dashboard/recordings/${archived}/cancel`, heading: 'Not possible now', status: 409 },
  { name: 'hosts', path: '/dashboard/hosts', heading: 'Hosts', shown: 'dean@uni.example' },
  { name: 'events', path: '/dashboard/events', heading: 'Events', shown: 'recording.completed' },
  { name: 'event', path: ({ event }) => `/dashboard/events/${event}`, heading: /Event/ },
  { name: 'event-replay', path: ({ event }) => `/dashboard/events/${event}/replay`, heading: /Begin again/ },
  { name: 'messages', path: '/dashboard/messages', heading: 'Messages' },
  { name: 'system', path: '/dashboard/system', heading: 'System', shown: 'Open sessions' },
  { name: 'audit', path: '/dashboard/audit', heading: 'Audit trail', shown: 'log in' },
  { name: 'doctor', path: '/dashboard/doctor', heading: 'Doctor' },
  { name: 'doctor-run', path: '/dashboard/doctor', press: 'Examine now', heading: 'Doctor', shown: / broken, / },
  { name: 'settings', path: '/dashboard/settings', heading: 'Settings', shown: 'DRIVE_FOLDER_ID' },
  { name: 'not-found', path: '/dashboard/nothing-of-the-kind', heading: 'Not found', status: 404 },
];

/** Pages that are seen without a session. */
export const OUTSIDE = [
  { name: 'login', path: '/dashboard/login', heading: 'Log in' },
  { name: 'login-again', path: '/dashboard/login?again=1', heading: 'Log in' },
  { name: 'logged-out', path: '/dashboard/login?out=1', heading: 'Log in' },
  { name: 'cookie-lost', path: '/dashboard/login?in=1', heading: 'Log in' },
];

/** What the browser itself says of the pages of the table that are refused. */
export const TOLD = /status of 404 .*nothing-of-the-kind|status of 409 .*\/cancel/;

/** Opens a page of the table, and waits until all of it is there. Gives the answer. */
export async function open(page, entry, theatre) {
  const path = typeof entry.path === 'function' ? entry.path(theatre) : entry.path;
  let answer = await page.goto(path);
  if (entry.press) {
    const posted = page.waitForResponse((answer) => answer.request().method() === 'POST');
    await page.getByRole('button', { name: entry.press }).click();
    answer = await posted;
  }
  await page.getByRole('heading', { level: 1, name: entry.heading }).first().waitFor();
  const shown = () => page.getByText(entry.shown).filter({ visible: true }).first();
  if (entry.isSoon) {
    await until(`${entry.name} says ${entry.shown}`, async () => {
      if (await shown().isVisible()) return true;
      answer = await page.goto(path);
      return false;
    });
  }
  if (entry.shown) await shown().waitFor({ timeout: 60_000 });
  return answer;
}
