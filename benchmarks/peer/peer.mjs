import * as core from "@actions/core";
import { IncomingWebhook } from "@slack/webhook";

try {
  await new IncomingWebhook(process.env.SLACK_WEBHOOK_URL).send({ text: "failure" });
} catch (error) {
  core.setFailed(error.message);
}
