import { App } from "aws-cdk-lib";
import { addStacks } from "#lib/earworm.ts";
import { settingsFromContext } from "#lib/settings.ts";

const app = new App();
try {
  addStacks(app, settingsFromContext(app.node.getAllContext()));
} catch (error) {
  // A wrong setting is the user's to mend: one line, not the toolkit's view of where it was found.
  if (!(error instanceof Error) || !error.message.startsWith("invalid settings")) throw error;
  console.error(`error: ${error.message}`);
  process.exit(1);
}
