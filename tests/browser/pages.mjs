// All pages, in one table: every suite walks it. A page that is added to the service is added here.
//
// `path` is an address, or a function of the theatre (theatre.mjs) that gives one. `acts` says that only an admin sees
// it; `live` that it gets news by itself.

export const PAGES = [
  { name: 'overview', path: '/dashboard', heading: 'Overview', live: true },
  { name: 'not-found', path: '/dashboard/nothing-of-the-kind', heading: 'Not found', status: 404 },
];

/** Pages that are seen without a session. */
export const OUTSIDE = [
  { name: 'login', path: '/dashboard/login', heading: 'Log in' },
  { name: 'login-again', path: '/dashboard/login?again=1', heading: 'Log in' },
  { name: 'logged-out', path: '/dashboard/login?out=1', heading: 'Log in' },
  { name: 'cookie-lost', path: '/dashboard/login?in=1', heading: 'Log in' },
];

/** The address of a page. */
export function address(page, theatre) {
  return typeof page.path === 'function' ? page.path(theatre) : page.path;
}
