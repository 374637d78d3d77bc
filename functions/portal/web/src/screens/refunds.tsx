import { ListScreen } from "../list";
import { refunds } from "./lists";

export default function Refunds() {
  return <ListScreen list={refunds} />;
}
