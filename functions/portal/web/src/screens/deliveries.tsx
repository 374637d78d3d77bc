import { api, heads, must } from "../api";
import { Action } from "../form";
import { t } from "../i18n";
import { ListScreen } from "../list";
import { deliveries } from "./lists";

export default function Deliveries() {
  return (
    <ListScreen
      list={{
        ...deliveries,
        row: (d) =>
          d.status !== "delivered" && (
            <Action
              label={t("deliveries.retry")}
              about={t("deliveries.retryAbout")}
              right="webhook.retry"
              values={() => ({})}
              send={(_, under) => must(api.POST("/notifications/v1/deliveries/{id}/retry", { params: { path: { id: d.id }, header: heads(under) }, body: {} }))}
              changes={[["deliveries"]]}
              done={t("deliveries.retried")}
            />
          ),
      }}
    />
  );
}
