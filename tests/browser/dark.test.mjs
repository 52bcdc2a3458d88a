// The pages in dark colours: see looks.mjs.

import { looks } from './looks.mjs';

looks('dark');
