// The pages in light colours: see looks.mjs.

import { looks } from './looks.mjs';

looks('light');
