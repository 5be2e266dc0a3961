// mocha's spec report, closed with one line that any CI can read.
const { reporters } = require('mocha');

module.exports = class ClosingLineReporter extends reporters.Spec {
  epilogue() {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    process.stdout.write(`${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ''}\n`);
  }
};
