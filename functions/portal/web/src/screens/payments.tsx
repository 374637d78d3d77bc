import { ListScreen } from "../list";
import { payments } from "./lists";

export default function Payments() {
  return <ListScreen list={payments} />;
}
