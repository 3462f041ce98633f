"use strict";
// The step's first part: the trigger hook, or the whole completion where it is known already.
require("./shim.js").main();
