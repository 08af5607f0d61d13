-- title: Sales of a region by month
-- description: What was sold in one region, month by month, from a month on.
-- path: /sales/{region}
-- cache: 60
-- parameters:
--   region: {type: VARCHAR, description: "North, South, East or West", example: West}
--   since: {type: DATE, default: 2026-01-01, description: The first month}
SELECT month, count(*) AS orders, sum(amount) AS revenue
FROM orders
WHERE region = :region AND month >= :since
GROUP BY month
ORDER BY month
