// What is done about it: actions, budget, experiments.
(function (report) {
  "use strict";
})(segmentationReport);
