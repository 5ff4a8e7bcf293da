import Fastify from "fastify";
import { total, type Line } from "./cart.js";

const app = Fastify();

app.get("/healthz", async () => ({ status: "ok" }));
app.get("/", async () => ({ service: "node-service", user: process.getuid?.(), pid: process.pid }));
app.post<{ Body: Line[] }>("/total", async (request) => ({ total: total(request.body) }));

// As PID 1 nothing handles SIGTERM for us: close the listener, finish what runs, and go.
process.on("SIGTERM", () => {
  app.close().then(() => process.exit(0));
});

await app.listen({ host: process.env.HOST ?? "0.0.0.0", port: Number(process.env.PORT ?? 3000) });
console.log("listening");
