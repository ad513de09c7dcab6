import { publicLists } from "#src/wire/push-protocol.ts";
import { ChartCard } from "../components/chart-card.tsx";
import { RadioSwitch } from "../components/radio-switch.tsx";
import { RecentCard } from "../components/recent-card.tsx";
import { SeriesCard } from "../components/series-card.tsx";
import { SharesSection } from "../components/shares-section.tsx";
import { SkipsCard } from "../components/skips-card.tsx";
import { SocketToken } from "../components/socket-token.tsx";
import { TotalsRow } from "../components/totals-row.tsx";
import { usePage } from "../state/page.ts";
import { useAddress, useChange } from "../state/use-address.ts";
import { useMedia } from "../state/use-media.ts";

const listNames = { songs: "Songs", artists: "Artists" } as const;
const listOptions = publicLists.map((value) => ({ value, label: listNames[value] }));

/** What everybody listens to. */
export function OverviewView() {
  const { list } = useAddress();
  const change = useChange();
  const isWide = useMedia("(min-width: 860px)");
  const { config } = usePage();
  return (
    <>
      {config.webSocketAccess === "token" && <SocketToken />}
      <TotalsRow />
      <div class="overview">
        <div class="charts">
          <RadioSwitch
            legend="What the charts list"
            name="list"
            options={listOptions}
            value={list}
            onChange={(value) => change({ list: value })}
          />
          <div class="pair">
            <ChartCard side="left" />
            {isWide && <ChartCard side="right" />}
          </div>
        </div>
        <div class="side">
          <SeriesCard />
          <SkipsCard />
        </div>
      </div>
      <SharesSection />
      <RecentCard />
    </>
  );
}
