// Prints every command that wrangler has, one a line; an alias with what it stands for.
const { experimental_getWranglerCommands: commands } = require("wrangler");

function print(node, words) {
  const { type, aliasOf } = node.definition ?? {};
  if (type === "command") console.log(words.join(" "));
  if (type === "alias") console.log(words.join(" ") + " = " + aliasOf);
  for (const [word, below] of node.subtree) print(below, [...words, word]);
}

print(commands().registry, []);
