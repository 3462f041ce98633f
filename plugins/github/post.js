"use strict";
// The step's second part, run when the job has ended: the completion hook.
require("./shim.js").post();
