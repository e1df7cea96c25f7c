<?php

// A stand-in for Yii 2, which no package registry within reach of this build has: as much of it as a component meets.

namespace yii\base {
    /** Takes its configuration when it is made; what is not public goes through setters, anything else is refused. */
    class Component
    {
        public function __construct($config = [])
        {
            foreach ($config as $name => $value) {
                $this->$name = $value;
            }
            $this->init();
        }

        public function init()
        {
        }

        public function __set($name, $value)
        {
            if (!method_exists($this, 'set' . $name)) {
                throw new \Exception('Setting unknown property: ' . get_class($this) . '::' . $name);
            }
            $this->{'set' . $name}($value);
        }

        public function __clone()
        {
        }
    }
}

namespace {
    /** An application: components come into being when they are first asked for. */
    class Yii
    {
        public static $app;
        private $config;
        private $components = [];

        public static function createWebApplication(array $config)
        {
            self::$app = new self();
            self::$app->config = $config['components'];
        }

        public function __get($id)
        {
            if (!isset($this->components[$id])) {
                $config = $this->config[$id];
                $class = $config['class'];
                unset($config['class']);
                $this->components[$id] = new $class($config);
            }
            return $this->components[$id];
        }
    }
}
