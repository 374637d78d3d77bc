import { ListScreen } from "../list";
import { subscriptions } from "./subscription-list";
import { NewSubscription } from "./subscription-new";

export default function Subscriptions() {
  return <ListScreen list={subscriptions} actions={<NewSubscription kind="primary" />} />;
}
