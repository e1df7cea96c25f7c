<?php

declare(strict_types=1);

namespace Fanfare\Yii2;

use Fanfare\ElephantCalls;

/** An application component of Yii 2: `Yii::$app->fanfare->setNameSpace('/shop')->sendMsg('sale', $msg)`. */
class FanfareComponent extends \yii\base\Component
{
    use ElephantCalls;

    /** Refuses wrong settings when the component is first used, not when the first message is sent. */
    public function init()
    {
        parent::init();
        $this->publisher();
    }
}
