import { App } from "aws-cdk-lib";
import { addStacks } from "#lib/earworm.ts";
import { settingsFor } from "#lib/settings.ts";

const app = new App();
addStacks(app, settingsFor(app.node.tryGetContext("stage") ?? "dev"));
