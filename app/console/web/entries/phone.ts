/** The phone's page: of the console, and of whoever has a link, whose word stands behind the # of the address. */

import "../phone/phone.css";
import { PhonePage } from "../phone/page";

const root = document.getElementById("phone");
if (root) {
  const { api = "", worklet = "", page = "" } = root.dataset;
  const link = "link" in root.dataset ? location.hash.slice(1) : "";
  new PhonePage(root, { api, worklet, page, shares: "shares" in root.dataset }, link);
}
