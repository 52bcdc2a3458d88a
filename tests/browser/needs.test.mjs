// The pages as people with other needs see them: see looks.mjs.

import { needs } from './looks.mjs';

needs();
