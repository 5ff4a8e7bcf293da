import assert from "node:assert/strict";
import { test } from "node:test";
import { total } from "../src/cart.js";

test("a cart costs the sum of its lines", () => {
  assert.equal(total([{ name: "jar", price: 1200, count: 2 }, { name: "lid", price: 300, count: 1 }]), 2700);
});
