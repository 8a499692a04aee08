/* The page of one incident: current by itself, its forms sent without leaving it. */

import { actWithin } from "./acting.js";
import { keepCurrent } from "./live_part.js";

const root = document.querySelector("[data-incident]");
const { redraw } = keepCurrent(root, { concerns: (change) => change.incident_id === root.dataset.incident });
actWithin(root, redraw);
