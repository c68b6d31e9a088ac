// A stylesheet means nothing to jsdom.
module.exports = {};
