import { render } from "preact";
import { App } from "./app.tsx";
import { ErrorNote } from "./components/error-note.tsx";
import { Page, PageContext } from "./state/page.ts";
import { loadPageConfig } from "./state/page-config.ts";
import { startTheme } from "./state/theme.ts";

const root = document.getElementById("page") ?? document.body;

async function start(): Promise<void> {
  try {
    const page = new Page(await loadPageConfig());
    page.start();
    render(
      <PageContext.Provider value={page}>
        <App />
      </PageContext.Provider>,
      root,
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    render(<ErrorNote title="The page cannot start" reason={reason} onRetry={() => void start()} />, root);
  }
}

startTheme();
void start();
